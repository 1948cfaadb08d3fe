"""The Rojo projects of a game folder: the place, and a model file to be put into another place."""

from __future__ import annotations

import json
from typing import Any

PLACE = "default.project.json"
MODEL = "model.project.json"
CLIENT = "client/Digits.client.luau"
SHARED = "shared"


def project_files() -> dict[str, str]:
    """Return both projects by file name."""
    return {PLACE: _text(_place()), MODEL: _text(_model())}


def _place() -> dict[str, Any]:
    scriptable = {"DevComputerMovementMode": "Scriptable", "DevTouchMovementMode": "Scriptable"}
    services: dict[str, Any] = {
        # There is nothing to walk in, and nothing to steer with may lie over the canvas.
        "Players": {"$properties": {"CharacterAutoLoads": False}},
        "ReplicatedStorage": {"Digits": {"$path": SHARED}},
        "StarterGui": {"$properties": {"ScreenOrientation": "Sensor"}},
        "StarterPlayer": {
            "$properties": scriptable,
            "StarterPlayerScripts": {"$className": "StarterPlayerScripts", "Digits": {"$path": CLIENT}},
        },
    }
    tree = {name: {"$className": name, **node} for name, node in services.items()}
    return {"name": "Digits", "tree": {"$className": "DataModel", **tree}}


def _model() -> dict[str, Any]:
    # A script with a client's run context runs in ReplicatedStorage: the model is one thing to put there.
    return {
        "name": "Digits",
        "emitLegacyScripts": False,
        "tree": {"$path": SHARED, "Start": {"$path": CLIENT}},
    }


def _text(project: dict[str, Any]) -> str:
    return json.dumps(project, indent=2) + "\n"
