"""What the shop answers over HTTP."""

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from orchard import boxes
from orchard.basket import Basket

shop = Blueprint("shop", __name__, url_prefix="/api")


@shop.get("/products")
def products() -> ResponseReturnValue:
    return jsonify(list(current_app.config["CATALOG"].values()))


@shop.get("/products/<sku>")
def product(sku: str) -> ResponseReturnValue:
    return jsonify(current_app.config["CATALOG"].get(sku) or abort(404))


@shop.get("/boxes/<name>")
def box(name: str) -> ResponseReturnValue:
    size = boxes.SIZES.get(name) or abort(404)
    without = frozenset(request.args.getlist("without"))
    filled = boxes.fill(size, current_app.config["CATALOG"].values(), without)
    return jsonify(price=size.price, products=filled)


@shop.post("/orders")
def order() -> ResponseReturnValue:
    asked = request.get_json()
    basket = Basket()
    for sku, quantity in asked["lines"].items():
        basket.add(sku, quantity)
    missing = basket.sold_out(current_app.config["CATALOG"])
    if missing:
        return jsonify(error="sold out", skus=missing), 409
    total = basket.total(current_app.config["CATALOG"])
    number = current_app.config["ORDERS"].add(asked["customer"], basket.quantities, total)
    return jsonify(number=number, total=total), 201
