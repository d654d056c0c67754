"""PyTorch networks with made-up weights as oracles for `banoff run`."""
import numpy as np
import torch

import comparison
from checkpoint_to_safetensors import write_safetensors
from comparison import difference, run_banoff, verdict


def add_arguments(parser):
    comparison.add_arguments(parser)
    parser.add_argument("--seed", type=int, default=1)


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

    A channel that hardly varies about a large mean would magnify the next image's difference, and rounding: its
    variance is taken larger.
    """
    axes = [0] + list(range(2, value.dim()))
    mean, var = value.mean(axes), value.var(axes, unbiased=False)
    var = var + 0.1 * mean**2 + 1e-3
    module.running_mean.copy_(mean + torch.from_numpy(rng.normal(0, 0.5, mean.shape)) * var.sqrt())
    module.running_var.copy_(var * torch.from_numpy(rng.uniform(0.5, 2, var.shape)))


def pictures(count, height, width, rng):
    """Smooth random images with some noise: of white noise alone, deep layers hardly tell one image from the next."""
    coarse = torch.from_numpy(rng.normal(0, 1, (count, 3, 4, 4)))
    smooth = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
    return smooth + torch.from_numpy(rng.normal(0, 0.3, (count, 3, height, width)))


@torch.no_grad()
def randomize(net, height, width, seed):
    """Fills every parameter of the net from a seed and rounds it to float32. Returns an image it knows."""
    rng = np.random.default_rng(seed)
    net.double().eval()
    known = 0
    hooks = []
    for module in net.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            spread_channels(module, rng)
        elif isinstance(module, (torch.nn.BatchNorm2d, torch.nn.LayerNorm, torch.nn.GroupNorm)):
            vary_affine(module, rng)
        elif list(module.parameters(recurse=False)):
            for parameter in module.parameters(recurse=False):
                parameter.copy_(torch.from_numpy(rng.uniform(0.2, 1, parameter.shape)))
        if isinstance(module, torch.nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(lambda m, inputs: calibrate(m, inputs[0], rng)))
        known += sum(parameter.numel() for parameter in module.parameters(recurse=False))
    assert known == sum(parameter.numel() for parameter in net.parameters())
    images = pictures(8, height, width, rng)
    net(images)
    for hook in hooks:
        hook.remove()
    net.float().double()
    return images[:1].float()


def parameters_of(state):
    """How many parameters a state dict holds, running statistics counted in."""
    return sum(value.numel() for key, value in state.items() if not key.endswith("num_batches_tracked"))


@torch.no_grad()
def check(net, file, size, methods, arguments, folder):
    """Compares the model file with PyTorch's net, which gets made-up weights; its answer in float64 is right.

    Returns a row for the table, with the differences of PyTorch's float32 and of each method, and whether it is right.
    """
    height, width = size
    image = randomize(net, height, width, arguments.seed)
    state = net.float().state_dict()
    write_safetensors(folder / "net.safetensors", state)
    np.save(folder / "in.npy", image.numpy())
    actuals = [net(image).numpy()]
    expected = net.double()(image.double()).numpy()

    given = [file, "--weights", folder / "net.safetensors", "--shape", f"image:1x3x{height}x{width}", "--device",
             arguments.device]
    for method in methods:
        run_banoff(arguments, "run", *given, "--input", folder / "in.npy", "--output", folder / "out.npy",
                   "--method", method)
        actuals.append(np.load(folder / "out.npy"))
    differences = [difference(actual, expected) for actual in actuals]
    right = max(differences[1:]) <= arguments.tolerance
    return verdict(file.stem, size, parameters_of(state), given, differences, right, arguments)
