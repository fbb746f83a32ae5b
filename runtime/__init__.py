"""Running Redial on a bare machine: PostgreSQL, Redis, local secrets, and every process of the Procfile.

`python -m runtime run` is what `make run` calls. `runtime.services` offers the same PostgreSQL and Redis to tests
and measurements. Nothing here is needed in production, and nothing here knows the application from within.
"""
