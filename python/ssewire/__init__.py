from ssewire._core import SSEDecoder, ServerSentEvent
