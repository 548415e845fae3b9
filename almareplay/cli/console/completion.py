"""``--show-completion`` and ``--install-completion``: the shell completes what is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results

_NAME = "almareplay"
_SHELLS = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "powershell"}
_SHELLS |= {"pwsh": "powershell"}
# Below the home folder: where the script goes; the file that the shell reads at its start, and the
# line in it that finds the script. Fish looks there by itself.
_PLACES = {
    "bash": (".bash_completions/almareplay.sh", ".bashrc", "source '{script}'"),
    "zsh": (".zfunc/_almareplay", ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit"),
    "fish": (".config/fish/completions/almareplay.fish", "", ""),
}


def _show(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        results.out(_script(context, _shell()), highlight=False)
        context.exit()


def _install(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    shell = _shell()
    if shell not in _PLACES:
        words = "Add what --show-completion prints to the profile of your shell."
        raise Ended(Exit.USAGE, words)
    place, beginning, line = _PLACES[shell]
    script, start = Path.home() / place, Path.home() / beginning
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(_script(context, shell), "utf-8")
    line = line.format(script=script)
    if line and line not in (start.read_text("utf-8") if start.is_file() else ""):
        with start.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    results.print(f"{shell} completion installed in {script}")
    results.print("Completion will take effect once you restart the terminal")
    context.exit()


def _script(context: click.Context, shell: str) -> str:
    complete = get_completion_class(shell)
    if complete is None:
        raise Ended(Exit.USAGE, f"There is no completion for {shell}.")
    return complete(context.command, {}, _NAME, f"_{_NAME.upper()}_COMPLETE").source()


def _shell() -> str:
    """The shell that runs this."""
    import psutil

    for process in psutil.Process().parents():
        name = process.name().lower().lstrip("-").removesuffix(".exe")
        if name in _SHELLS:
            return _SHELLS[name]
    raise Ended(Exit.USAGE, "It cannot be seen which shell this is: bash, zsh, fish or PowerShell.")


def completion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a group of commands these two options."""
    for flag, act, words in (
        (
            "--show-completion",
            _show,
            "Show completion for the current shell, to copy it or customize the installation.",
        ),
        ("--install-completion", _install, "Install completion for the current shell."),
    ):
        command = click.option(
            flag, is_flag=True, is_eager=True, expose_value=False, callback=act, help=words
        )(command)
    return command
