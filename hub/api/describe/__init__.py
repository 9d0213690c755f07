"""What is served over HTTP, for programs (`/openapi.json`) and people (`/docs`).

A route is described in the table of its topic, beside `health.py`, `web.py` and the others; `tables.py` lists them.
A house test holds the tables against the routes that are really mounted, both ways.
"""
