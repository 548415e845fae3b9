"""``--show-completion`` and ``--install-completion``: the shell completes what is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results

# Below the home folder: where the script goes; the file that the shell reads at its start, and the
# line in it that finds the script. Fish looks there by itself.
_PLACES = {
    "bash": (".bash_completions/almareplay.sh", ".bashrc", "source '{script}'"),
    "zsh": (".zfunc/_almareplay", ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit"),
    "fish": (".config/fish/completions/almareplay.fish", "", ""),
}


def completion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command with all the others these two options."""
    show = "Show completion for the current shell, to copy it or customize the installation."
    install = "Install completion for the current shell."
    for flag, act, words in (
        ("--show-completion", _show, show),
        ("--install-completion", _install, install),
    ):
        command = click.option(
            flag, is_flag=True, is_eager=True, expose_value=False, callback=act, help=words
        )(command)
    return command


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
    results.print(f"{shell} completion is installed in {script}: open a new terminal to use it.")
    context.exit()


def _script(context: click.Context, shell: str) -> str:
    complete = get_completion_class(shell)
    if complete is None:
        raise Ended(Exit.USAGE, "There is completion for bash, zsh, fish and PowerShell only.")
    return complete(context.command, {}, "almareplay", "_ALMAREPLAY_COMPLETE").source()


def _shell() -> str:
    """The shell that runs this; empty where that is none of those that are known."""
    import psutil

    for process in psutil.Process().parents():
        name = process.name().lower().lstrip("-").removesuffix(".exe").replace("pwsh", "powershell")
        if get_completion_class(name):
            return name
    return ""
