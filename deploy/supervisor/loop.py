"""A small event loop: file descriptors, timers and the signals that mean stop."""
import heapq
import itertools
import selectors
import signal
import socket
import time


class Loop:
    def __init__(self, on_stop):
        self._selector = selectors.DefaultSelector()
        self._timers = []  # heap of [when, number, callback or None]
        self._numbers = itertools.count()
        self._running = True
        self._on_stop = on_stop
        self._wake, wake_end = socket.socketpair()
        self._wake.setblocking(False)
        wake_end.setblocking(False)
        self._wake_end = wake_end
        signal.set_wakeup_fd(wake_end.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self.watch(self._wake, selectors.EVENT_READ, self._signalled)

    def watch(self, file, events, callback):
        self._selector.register(file, events, callback)

    def unwatch(self, file):
        self._selector.unregister(file)

    def after(self, seconds, callback):
        timer = [time.monotonic() + seconds, next(self._numbers), callback]
        heapq.heappush(self._timers, timer)
        return timer

    @staticmethod
    def cancel(timer):
        timer[2] = None

    def end(self):
        self._running = False

    def run(self):
        while self._running:
            wait = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
            for key, _ in self._selector.select(wait):
                # An earlier callback of this round may have closed the file.
                if self._selector.get_map().get(key.fileobj) is key:
                    key.data()
            while self._timers and self._timers[0][0] <= time.monotonic():
                callback = heapq.heappop(self._timers)[2]
                if callback is not None:
                    callback()

    def _signalled(self):
        self._wake.recv(4096)
        self._on_stop()
