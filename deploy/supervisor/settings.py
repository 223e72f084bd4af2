"""The few settings the supervisor itself needs, found as the processes find them (common/base/conf.h):
the environment, else the file QUINTET_CONFIG names, else the default."""
import os
import re

DEFAULTS = {
    "QUINTET_DATA": "./data",
    "QUINTET_HTTP_PORT": "8080",
    "QUINTET_PUSH_PORT": "8081",
    "QUINTET_LISTEN": "0.0.0.0",
    "QUINTET_BUS_PORT": "8090",
    "QUINTET_BUS_LISTEN": "127.0.0.1",
    "QUINTET_REDIS_URL": "",
    "QUINTET_REDIS_URL_FILE": "",
}
LINE = re.compile(r"\s*(QUINTET_[A-Z0-9_]+)\s*[=:]\s*(.*?)\s*(?:\s;.*)?$")


class SettingsError(Exception):
    """One clear line for the operator."""


class Settings:
    def __init__(self, environ):
        self._values = dict(DEFAULTS)
        self._read_file(environ.get("QUINTET_CONFIG", ""))
        self._values.update((k, environ[k]) for k in DEFAULTS if environ.get(k))
        self.data = os.path.abspath(self._values["QUINTET_DATA"])
        self.http_port = self._port("QUINTET_HTTP_PORT")
        self.push_port = self._port("QUINTET_PUSH_PORT")
        self.bus_port = self._port("QUINTET_BUS_PORT")
        self.bus_listen = self._values["QUINTET_BUS_LISTEN"]
        self.listen = self._values["QUINTET_LISTEN"]
        # Where one reaches oneself, for the probe and the printed addresses.
        self.host = "127.0.0.1" if self.listen == "0.0.0.0" else self.listen
        self.own_redis = not (
            self._values["QUINTET_REDIS_URL"] or self._values["QUINTET_REDIS_URL_FILE"]
        )
        # Tests name their build directory so; no process knows the key.
        self.environ = {k: v for k, v in environ.items() if k != "QUINTET_BIN"}
        self.environ["QUINTET_DATA"] = self.data

    def run_path(self, *parts):
        return os.path.join(self.data, "run", *parts)

    def make_directories(self):
        """What is not there yet is made for nobody else's eyes; the mode of what is stays."""
        try:
            os.makedirs(self.data, mode=0o700, exist_ok=True)
            for name in ("run", os.path.join("run", "log"), "redis"):
                os.makedirs(os.path.join(self.data, name), mode=0o700, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"QUINTET_DATA: {error.strerror}: {error.filename}") from error

    def addresses(self):
        return (
            f"  HTTP  http://{self.host}:{self.http_port}\n"
            f"  push  ws://{self.host}:{self.push_port}/v1/push\n"
            f"  data  {self.data}\n"
        )

    def _read_file(self, path):
        if not path:
            return
        try:
            with open(path, encoding="utf-8") as lines:
                found = [LINE.match(line.rstrip("\n")) for line in lines]
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"QUINTET_CONFIG: cannot read {path}: {error}") from error
        for match in found:
            if match and match[1] in DEFAULTS:
                self._values[match[1]] = match[2]

    def _port(self, key):
        text = self._values[key]
        if not text.isdecimal() or not 1 <= int(text) <= 65535:
            raise SettingsError(f"{key}: '{text}' is not a port")
        return int(text)
