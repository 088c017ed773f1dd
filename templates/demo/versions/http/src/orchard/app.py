"""The web application, put together."""

from pathlib import Path

from flask import Flask

from orchard import catalog, routes
from orchard.store import OrderStore


def create_app(data: Path = Path("data")) -> Flask:
    app = Flask("orchard")
    app.config["CATALOG"] = catalog.load(data / "products.csv")
    app.config["ORDERS"] = OrderStore(data / "orders.sqlite")
    app.register_blueprint(routes.shop)
    return app
