"""PyTorch networks with made-up weights as oracles for `banoff run`: what the check_*.py scripts share."""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch

from checkpoint_to_safetensors import write_safetensors


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


def run_banoff(arguments, *command):
    """Runs the command-line tool; its message is the exception's where it fails."""
    done = subprocess.run([arguments.banoff, *map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def add_arguments(parser):
    parser.add_argument("--banoff", default="banoff", help="the command-line tool")
    parser.add_argument("--device", default="cpu", help="one of `banoff devices`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative to the largest value")


def check_all(names, check_one, methods, owner="PyTorch's"):
    """Prints the table's header and what check_one(name, folder) returns: a row, and whether it is right. Exits 1 if one is
    not, or could not be made."""
    columns = ["PyTorch f32", *methods]
    print(f"{'net':20} {'size':>9} {'BN':>4} {'parameters':>11}" + "".join(f" {column:>11}" for column in columns))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                row, right = check_one(name, pathlib.Path(folder))
            except RuntimeError as error:
                row, right = f"{name:20} {error}", False
            print(row, flush=True)
            failed += not right
    if failed:
        sys.exit(f"{failed} networks differ from {owner}")


def verdict(name, size, net, state, given, differences, arguments, owner="PyTorch"):
    """A row for the table, and whether it is right: no difference but PyTorch's own float32 (the first) beyond the
    tolerance, and as many parameters in the model file (`given` names it) as in the state dict."""
    parameters = json.loads(run_banoff(arguments, "inspect", *given, "--json"))["parameters"]
    published = sum(value.numel() for key, value in state.items() if not key.endswith("num_batches_tracked"))
    norms = sum(isinstance(module, torch.nn.BatchNorm2d) for module in net.modules())
    right = max(differences[1:]) <= arguments.tolerance and parameters == published
    row = f"{name:20} {'x'.join(map(str, size)):>9} {norms:4} {parameters:11,}"
    row += "".join(f" {value:11.1e}" for value in differences)
    return row + ("" if right else f"  WRONG ({owner} has {published:,} parameters)"), right


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
    differences = [float(np.abs(actual - expected).max() / np.abs(expected).max()) for actual in actuals]
    return verdict(file.stem, size, net, state, given, differences, arguments)
