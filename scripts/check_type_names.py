#!/usr/bin/env python3
"""Whether a type has one definition: two of one name in one namespace are one type to the linker, which keeps the
functions of either. Lists the types that more than one file defines; those of unnamed namespaces may repeat."""
import collections
import re
import subprocess
import sys

NOISE = re.compile(r'R"\(.*?\)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|<class [^<>]*>', re.S)
OPENING = re.compile(
    r"\bnamespace\b(?P<namespace>[^{;=]*)\{"
    r"|\b(?:struct|class|enum class|enum|union)\s+(?:BANOFF_API\s+)?(?P<type>[A-Za-z_][\w:]*)(?P<rest>[^;{}()=]*)\{"
    r"|[{}]")


def types_of(text):
    """Full names of the types defined at namespace scope or inside other types."""
    scopes = []  # (name, whether types in it have a name of their own)
    for match in OPENING.finditer(NOISE.sub(" ", text)):
        if match[0] == "}":
            if scopes:
                scopes.pop()
        elif match["namespace"] is not None:
            name = match["namespace"].strip()
            scopes.append((name, name != ""))
        elif match["type"] is not None:
            specialised = "<" in match["rest"].split(":")[0]
            if not specialised and all(named for _, named in scopes):
                yield "::".join([name for name, _ in scopes] + [match["type"]])
            scopes.append((match["type"], True))
        else:
            scopes.append(("", False))


def main():
    listed = subprocess.run(["git", "ls-files", "*.hpp", "*.h", "*.cpp", "*.cu"], capture_output=True, text=True, check=True)
    places = collections.defaultdict(set)
    for path in listed.stdout.split():
        with open(path, encoding="utf-8") as file:
            for name in types_of(file.read()):
                places[name].add(path)
    twice = {name: files for name, files in places.items() if len(files) > 1}
    for name, files in sorted(twice.items()):
        print(f"{name} is defined in {' and in '.join(sorted(files))}")
    print(f"{len(places)} types, {len(twice)} defined twice")
    return 1 if twice or not places else 0


if __name__ == "__main__":
    sys.exit(main())
