"""What stations of almareplay's own capture page recorded: a session of the queue, or the file of a
station whose events could not be sent."""

from almareplay.sources.capturepage.session import SessionCapture
from almareplay.sources.capturepage.stationfile import StationFile, looks_like_station_file

__all__ = ["SessionCapture", "StationFile", "looks_like_station_file"]
