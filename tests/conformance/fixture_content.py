"""The content blocks that the suite expects from tools, resources and prompts."""

from mcp_types import (
    AudioContent,
    EmbeddedResource,
    ImageContent,
    TextResourceContents,
)

# One red pixel, and a WAV header of 8 kHz mono without samples.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

IMAGE = ImageContent(data=PNG, mime_type="image/png")
AUDIO = AudioContent(data=WAV, mime_type="audio/wav")


def embedded(uri: str, content: str, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(
        resource=TextResourceContents(uri=uri, mime_type=mime_type, text=content)
    )
