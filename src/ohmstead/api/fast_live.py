"""`WS /api/v1/live/force`: every sample of a few channels, up to 60 frames a second."""

from fastapi import APIRouter
from starlette.websockets import WebSocket

from ohmstead.api.auth import parts_of
from ohmstead.api.live import admitted, serve

router = APIRouter()


@router.websocket("/live/force")
async def live_force(socket: WebSocket) -> None:
    """Nothing comes before the client sends `{"subscribe":[channel ids]}`; each such message replaces the last."""
    if (principal := await admitted(socket)) is None:
        return
    fast = parts_of(socket).lab.fast
    viewer = fast.open(principal)
    try:
        await serve(socket, viewer, lambda channels: viewer.put(fast.subscribe(viewer, channels)))
    finally:
        fast.close(viewer)
