"""The web application, put together."""

import logging
import time
from pathlib import Path

from flask import Flask, Response, abort, g, request

from orchard import catalog, routes
from orchard.rate_limit import RateLimit
from orchard.store import OrderStore

log = logging.getLogger(__name__)


def start_clock() -> None:
    g.started = time.perf_counter()


def log_request(response: Response) -> Response:
    took = 1000 * (time.perf_counter() - g.started)
    log.info("%s %s %d in %.1f ms", request.method, request.path, response.status_code, took)
    return response


limit = RateLimit(120)


def refuse_floods() -> None:
    if not limit.allows(request.remote_addr or ""):
        abort(429)


def create_app(data: Path = Path("data")) -> Flask:
    app = Flask("orchard")
    app.config["CATALOG"] = catalog.load(data / "products.csv")
    app.config["ORDERS"] = OrderStore(data / "orders.sqlite")
    app.before_request(start_clock)
    app.before_request(refuse_floods)
    app.after_request(log_request)
    app.register_blueprint(routes.shop)
    return app
