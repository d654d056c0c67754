"""What the three nets share: BN initialisation, the optimiser loop, saving."""
import sys
import time

import numpy as np
import torch
from torch import nn

import safetensors_io


def initialise(net, seed, negative=0.3):
    """He initialisation; BN gammas from U(0.5, 1.5), a fraction of them negative.

    A net trained from here has batch norms with scales of both signs, so that folding them
    is not the easy case.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            fan_in = module.weight[0].numel()
            if isinstance(module, nn.ConvTranspose2d):
                fan_in = module.weight.shape[0]
            with torch.no_grad():
                module.weight.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
                if module.bias is not None:
                    module.bias.zero_()
        elif isinstance(module, nn.BatchNorm2d):
            shape = module.weight.shape
            sign = torch.where(torch.rand(shape, generator=generator) < negative, -1.0, 1.0)
            with torch.no_grad():
                module.weight.copy_(sign * (0.5 + torch.rand(shape, generator=generator)))
                module.bias.normal_(0, 0.2, generator=generator)


def fit(name, net, batches, loss_of, steps, rate, decay=1e-3):
    """Trains with AdamW and a one-cycle rate. `batches(step)` gives what `loss_of` takes."""
    weights = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() <= 1]
    optimiser = torch.optim.AdamW([{"params": weights, "weight_decay": decay},
                                   {"params": others, "weight_decay": 0.0}], lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps,
                                                   pct_start=0.15)
    net.train()
    start, mean = time.time(), None
    for step in range(steps):
        loss = loss_of(net, batches(step))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        mean = loss.item() if mean is None else 0.97 * mean + 0.03 * loss.item()
        if (step + 1) % 100 == 0 or step + 1 == steps:
            print(f"{name}: step {step + 1}/{steps} loss {mean:.4f} {time.time() - start:.0f} s",
                  file=sys.stderr, flush=True)
    net.eval()


def save(path, net):
    """Writes the state dict, without the BN counters."""
    tensors = {name: value.detach().numpy() for name, value in net.state_dict().items()
               if not name.endswith("num_batches_tracked")}
    safetensors_io.save(path, tensors)


def load(path, net):
    """Reads what `save` wrote into `net`."""
    tensors = {name: torch.from_numpy(value) for name, value in safetensors_io.load(path).items()}
    missing, unexpected = net.load_state_dict(tensors, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"{path} does not fit: {missing} {unexpected}")
    net.eval()
    return net


def summary(net):
    """Counts of parameters, batch norms and negative gammas."""
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    gammas = torch.cat([m.weight.detach() for m in norms])
    scales = torch.cat([(m.weight / (m.running_var + m.eps).sqrt()).detach().abs() for m in norms])
    return {"parameters": sum(p.numel() for p in net.parameters()),
            "batch_norms": len(norms), "bn_channels": gammas.numel(),
            "negative_gammas": int((gammas < 0).sum()),
            "smallest_scale": float(np.format_float_scientific(scales.min().item(), 3))}
