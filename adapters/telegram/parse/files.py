"""Files in a message as attachments. Knows Telegram's kinds of media; must not fetch any."""

from __future__ import annotations

from adapters.telegram.wire.update import File, Message
from hub.domain.inbound import Attachment


def attachments(message: Message) -> tuple[Attachment, ...]:
    """What came with the message; of a photo the largest size."""
    if message.photo:
        return (_attachment(message.photo[-1], "image/jpeg", "photo.jpg"),)
    if message.voice is not None:
        return (_attachment(message.voice, "audio/ogg", "voice.ogg"),)
    if message.audio is not None:
        return (_attachment(message.audio, "audio/mpeg", "audio.mp3"),)
    if message.video_note is not None:
        return (_attachment(message.video_note, "video/mp4", "video.mp4"),)
    # An animation comes as a document too.
    video = message.video or message.animation
    if video is not None:
        return (_attachment(video, "video/mp4", "video.mp4"),)
    if message.document is not None:
        return (_attachment(message.document, "application/octet-stream", "file"),)
    return ()


def _attachment(file: File, media_type: str, name: str) -> Attachment:
    size = max(file.file_size or 0, 0)
    return Attachment("", file.mime_type or media_type, file.file_name or name, size, file.file_id)
