"""`agentledger serve`: serve the site on a local port, rebuild it as branches move, reload open pages.

Belongs here: options, printing, and connecting the parts. Does not: when to build (see
`site.rebuild_loop`), answering requests (see `site.server`), or which changes are worth a notice (see
`site.notify`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli import building
from agentledger.cli.options import FOLDER, FleetOptions, fleet_options
from agentledger.model.errors import LedgerError

if TYPE_CHECKING:
    from agentledger.model.fleet import Fleet
    from agentledger.site.markdown.pool import Renderer
    from agentledger.site.notify import Notice
    from agentledger.site.rebuild_loop import Source


@click.command()
@fleet_options
@click.option(
    "--out",
    type=FOLDER,
    metavar="DIR",
    help=f"The folder to build into.  [default: {building.FOLDER_NAME} at the repository's top]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port; 0 for any free one.  [default: 8377, or the next free one]",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Serve others too, at this address, such as 0.0.0.0.  [default: only this machine]",
)
@click.option("--open", "open_it", is_flag=True, help="Open the board in a browser.")
def serve(options: FleetOptions, out: Path | None, port: int | None, host: str | None, open_it: bool) -> None:
    """Serve the site, rebuild it as branches move, reload pages.

    Ctrl-C ends it. A command under [notify] in your own configuration file is run when a branch needs
    input, is blocked or is ready.
    """
    import webbrowser

    from agentledger.site import rebuild_loop, server, watch
    from agentledger.site.markdown.pool import Renderer
    from agentledger.storage import user_config

    notify = user_config.read_user_config().notify
    out, pulse = building.site_folder(options, out), rebuild_loop.Pulse()
    # Bound first, so that a port in use is reported before a long build and not after it.
    with (
        server.bind_server(host or server.LOCAL, port, out, pulse) as bound,
        closing(watch.Watch(out)) as watched,
        # One for all builds: starting a process takes most of the time of a small rebuild.
        Renderer() as renderer,
    ):
        if bound.is_open:
            click.echo("agentledger: anyone who reaches this address can read your branches", err=True)
        keeper = rebuild_loop.Live(
            _build_source(options, out, notify, renderer), out, watched, pulse=pulse, failed=_print_failure
        )
        keeper.start()
        if not watched.complete:
            click.echo(
                "agentledger: not every folder can be watched, so the repository is read every second",
                err=True,
            )
        with server.serve_requests(bound):
            click.echo(f"{bound.url}: the board, kept up to date; Ctrl-C ends it")
            if open_it:
                webbrowser.open(bound.url)
            keeper.run()


def _build_source(options: FleetOptions, out: Path, notify: Sequence[str], renderer: Renderer) -> Source:
    from agentledger.fleet import snapshot
    from agentledger.site import rebuild_loop, watch

    def folders() -> list[watch.Folder]:
        around = snapshot.read_surroundings(options.start)
        return list(watch.list_folders(around.common, around.worktrees))

    return rebuild_loop.Source(
        folders,
        lambda: snapshot.read_fingerprint(options.start, options.request),
        _Publisher(options, out, notify, renderer).publish,
    )


class _Publisher:
    """Builds the site, prints that, and sends notices about changes since the build before."""

    def __init__(self, options: FleetOptions, out: Path, notify: Sequence[str], renderer: Renderer) -> None:
        self._options, self._out, self._notify = options, out, notify
        self._renderer = renderer
        self._before: Fleet | None = None

    def publish(self, fingerprint: str) -> int | None:
        """Build the site of this fingerprint; returns the second at which it becomes stale, None: never."""
        built = building.publish_site(self._options, self._out, self._renderer, fingerprint)
        if built.result.written or built.result.removed:
            at, result = time.strftime("%H:%M:%S"), built.result
            click.echo(
                f"{at} {result.written:,} written, {result.unchanged:,} unchanged, {result.removed:,} removed"
            )
        if self._notify:
            self._notify_of_changes(built.fleet)
        return built.valid_until

    def _notify_of_changes(self, fleet: Fleet | None) -> None:
        from agentledger.site import notify

        if fleet is None:
            # Nothing was built, so no fleet was read; the next build needs one to compare with.
            with self._options.reading() as (snapshot, _):
                fleet = snapshot.fleet
        due = notify.find_notices(self._before, fleet) if self._before else []
        self._before = fleet
        if due:
            # In a thread: a slow command must not delay the next build.
            threading.Thread(target=_send_notices, args=(self._notify, due), daemon=True).start()


def _send_notices(command: Sequence[str], due: Sequence[Notice]) -> None:
    from agentledger.site import notify

    try:
        notify.send_notices(command, due)
    except LedgerError as error:
        _print_failure(error)


def _print_failure(error: LedgerError) -> None:
    """Print what is wrong, with the time; the site stays as it was."""
    from agentledger.model.text import escape_hidden

    click.echo(f"{time.strftime('%H:%M:%S')} {escape_hidden(error.message)}", err=True)
    if error.hint:
        click.echo(f"hint: {escape_hidden(error.hint)}", err=True)
