"""Logs of a self-check's SIP2 messages."""

from almareplay.sources.sip2.capture import Sip2Capture
from almareplay.sources.sip2.message import looks_like_sip2

__all__ = ["Sip2Capture", "looks_like_sip2"]
