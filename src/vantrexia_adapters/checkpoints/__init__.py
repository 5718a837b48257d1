"""Checkpoints of the trail in a directory, who keeps them current, and a trail that was exported to files."""

from vantrexia_adapters.checkpoints.exported import ExportedTrail, export_trail, prepare_folder
from vantrexia_adapters.checkpoints.folder import FolderCheckpoints, is_day
from vantrexia_adapters.checkpoints.keeper import TrailHealth, TrailKeeper

__all__ = [
    "ExportedTrail",
    "FolderCheckpoints",
    "TrailHealth",
    "TrailKeeper",
    "export_trail",
    "is_day",
    "prepare_folder",
]
