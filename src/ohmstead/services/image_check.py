"""A second opinion about vendor images: esptool's own reader, in a process of its own that cannot take long."""

import asyncio
import contextlib
import sys
import tempfile
from pathlib import Path
from typing import Final

from ohmstead.domain.release import RefusedRelease

TIME_LIMIT_S: Final = 20.0
_READ: Final = """
import sys
from esptool.bin_image import LoadFirmwareImage
image = LoadFirmwareImage(sys.argv[1], sys.argv[2])
if image.checksum != image.calculate_checksum():
    sys.exit("its checksum is wrong")
"""


async def check_image(content: bytes, chip: str) -> None:
    """Raises RefusedRelease with the last thing esptool said."""
    with tempfile.TemporaryDirectory(prefix="ohmstead-image-") as folder:
        path = Path(folder) / "image.bin"
        await asyncio.to_thread(path.write_bytes, content)
        # -I: neither the environment nor the folder it starts in decides what is imported.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _READ,
            chip,
            str(path),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(TIME_LIMIT_S):
                _, said = await process.communicate()
        except TimeoutError:
            raise RefusedRelease("manifest", "esptool did not come to an end with it") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["no ESP image"]
        raise RefusedRelease("manifest", f"esptool: {lines[-1].replace(str(path), 'the image')[-200:]}")
