"""Take a backup: the cut, then a dump of each database as of the cut."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from ops.backup import folder as files
from ops.backup.attached import copy_attachments, kept_in
from ops.backup.cut import cut
from ops.backup.programs import dump, version
from ops.backup.state import measure


async def save(
    databases: Mapping[str, str],
    target: Path,
    *,
    master_key: Path | None = None,
    attachments: Path | None = None,
    programs: Path | None = None,
) -> files.Manifest:
    """All these databases as of one moment, into a new folder, with the sealed objects of the folder `attachments`.

    `master_key`: the key goes into it, too.
    """
    with files.whole(target) as part:
        async with cut(databases) as moment:
            dumps = {service: files.touch_private(part / files.dump_name(service)) for service in databases}
            await asyncio.gather(
                *(dump(databases[service], moment.snapshots[service], dumps[service], programs) for service in dumps)
            )
            states = {service: await measure(con) for service, con in moment.connections.items()}
        if attachments:
            await asyncio.to_thread(copy_attachments, attachments, kept_in(part))
        if master_key:
            files.keep_key(part, master_key)
        manifest = files.Manifest(
            at=moment.at,
            held_ms=round(moment.held_ms, 1),
            program=await version(programs),
            services=states,
            files={
                path.relative_to(part).as_posix(): files.File.of(path)
                for path in sorted(part.rglob("*"))
                if path.is_file()
            },
        )
        files.write_manifest(part, manifest)
    return manifest
