"""What ends a process of this folder in one line, without a traceback."""


class Failed(Exception):
    """Something foreseeable is not to be had; the message says what, and the next step."""


def one_line(error):
    """An exception's message as one line of at most 300 characters, with its type where it says little alone."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else "no message"
    return (text if isinstance(error, Failed) else f"{type(error).__name__}: {text}")[:300]
