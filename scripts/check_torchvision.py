#!/usr/bin/env python3
"""Checks the networks of configs/models that torchvision has against PyTorch, with made-up weights.

Of each network torchvision builds, the parameters are drawn from a seed, with batch norms far from the identity: gamma of
both signs, means of the size of the deviations, variances over two decades. The state dict goes through
checkpoint_to_safetensors.py unchanged, so that every name and shape is checked, and `banoff run` must give PyTorch's
float64 logits, both as loaded and with batch norms folded. Needs PyTorch and torchvision; exits 1 on a difference.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torchvision

from checkpoint_to_safetensors import write_safetensors

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Side of the test image where 64 will not do: VGG and Inception shrink it to a given size, or by valid windows.
SIDES = {"vgg16_bn": 224, "inception_v3": 107}
# What the constructor is told: the auxiliary classifier serves training only, and random weights are drawn here.
ARGUMENTS = {"inception_v3": {"aux_logits": False, "init_weights": False}}


def nets():
    """Names of the model files that torchvision has a constructor for."""
    files = sorted(file.stem for file in (ROOT / "configs/models").glob("*.yaml"))
    return [name for name in files if callable(getattr(torchvision.models, name, None))]


def spread_channels(module, rng):
    """He-uniform weights, each output channel scaled so that the variances behind span two decades."""
    fan_in = module.weight[0].numel()
    scale = 10 ** rng.uniform(-0.5, 0.5, size=(module.weight.shape[0],) + (1,) * (module.weight.dim() - 1))
    weight = rng.uniform(-1, 1, module.weight.shape) * np.sqrt(6 / fan_in) * scale
    module.weight.copy_(torch.from_numpy(weight))
    if module.bias is not None:
        module.bias.copy_(torch.from_numpy(rng.normal(0, 0.2, module.bias.shape)))


def vary_affine(module, rng):
    """gamma in +-[0.5, 1.5], beta of deviation 0.5."""
    sign = rng.choice([-1, 1], module.weight.shape, p=[0.3, 0.7])
    module.weight.copy_(torch.from_numpy(sign * rng.uniform(0.5, 1.5, module.weight.shape)))
    module.bias.copy_(torch.from_numpy(rng.normal(0, 0.5, module.bias.shape)))


def calibrate(module, value, rng):
    """Statistics near those of `value`, so that a deep net neither explodes nor goes numb; but not equal to them.

    A channel that hardly varies about a large mean would magnify the next image's difference, and rounding: its variance
    is taken larger.
    """
    axes = [0] + list(range(2, value.dim()))
    mean, var = value.mean(axes), value.var(axes, unbiased=False)
    var = var + 0.1 * mean**2 + 1e-3
    module.running_mean.copy_(mean + torch.from_numpy(rng.normal(0, 0.5, mean.shape)) * var.sqrt())
    module.running_var.copy_(var * torch.from_numpy(rng.uniform(0.5, 2, var.shape)))


def pictures(count, side, rng):
    """Smooth random images with some noise: of white noise alone, deep layers hardly tell one image from the next."""
    coarse = torch.from_numpy(rng.normal(0, 1, (count, 3, 4, 4)))
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear", align_corners=False)
    return smooth + torch.from_numpy(rng.normal(0, 0.3, (count, 3, side, side)))


@torch.no_grad()
def randomize(net, side, seed):
    """Fills every parameter of the net from a seed and rounds it to float32. Returns an image it knows."""
    rng = np.random.default_rng(seed)
    net.double().eval()
    known = 0
    hooks = []
    for module in net.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            spread_channels(module, rng)
        elif isinstance(module, (torch.nn.BatchNorm2d, torch.nn.LayerNorm)):
            vary_affine(module, rng)
        elif list(module.parameters(recurse=False)):
            for parameter in module.parameters(recurse=False):
                parameter.copy_(torch.from_numpy(rng.uniform(0.2, 1, parameter.shape)))
        if isinstance(module, torch.nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(lambda m, inputs: calibrate(m, inputs[0], rng)))
        known += sum(parameter.numel() for parameter in module.parameters(recurse=False))
    assert known == sum(parameter.numel() for parameter in net.parameters())
    images = pictures(8, side, rng)
    net(images)
    for hook in hooks:
        hook.remove()
    net.float().double()
    return images[:1].float()


def banoff(arguments, *command):
    """Runs the command-line tool; its message is the exception's where it fails."""
    done = subprocess.run([arguments.banoff, *map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def check(name, arguments, folder):
    """One network. Returns its row of the table and whether it is right."""
    net = getattr(torchvision.models, name)(weights=None, **ARGUMENTS.get(name, {}))
    side = SIDES.get(name, 64)
    image = randomize(net, side, arguments.seed)
    state = net.float().state_dict()
    write_safetensors(folder / "net.safetensors", state)
    np.save(folder / "in.npy", image.numpy())
    with torch.no_grad():
        actuals = [net(image).numpy()]
        expected = net.double()(image.double()).numpy()

    given = [ROOT / f"configs/models/{name}.yaml", "--weights", folder / "net.safetensors",
             "--shape", f"image:1x3x{side}x{side}", "--device", arguments.device]
    for method in ("none", "banoff"):
        banoff(arguments, "run", *given, "--input", folder / "in.npy", "--output", folder / "out.npy",
               "--method", method)
        actuals.append(np.load(folder / "out.npy"))
    differences = [float(np.abs(actual - expected).max() / np.abs(expected).max()) for actual in actuals]
    parameters = json.loads(banoff(arguments, "inspect", *given, "--json"))["parameters"]
    published = sum(value.numel() for key, value in state.items() if not key.endswith("num_batches_tracked"))
    norms = sum(isinstance(module, torch.nn.BatchNorm2d) for module in net.modules())
    right = max(differences[1:]) <= arguments.tolerance and parameters == published
    row = f"{name:20} {side:4} {norms:4} {parameters:11,}" + "".join(f" {value:11.1e}" for value in differences)
    return row + ("" if right else f"  WRONG (PyTorch has {published:,} parameters)"), right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="model files to check (default: all torchvision has)")
    parser.add_argument("--banoff", default="banoff", help="the command-line tool")
    parser.add_argument("--device", default="cpu", help="one of `banoff devices`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of the difference, relative to the largest logit")
    arguments = parser.parse_args()
    print(f"{'net':20} {'side':>4} {'BN':>4} {'parameters':>11} {'PyTorch f32':>11} {'as loaded':>11} {'folded':>11}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.nets or nets():
            try:
                row, right = check(name, arguments, pathlib.Path(folder))
            except RuntimeError as error:
                row, right = f"{name:20} {error}", False
            print(row, flush=True)
            failed += not right
    if failed:
        sys.exit(f"{failed} networks differ from PyTorch's")


if __name__ == "__main__":
    main()
