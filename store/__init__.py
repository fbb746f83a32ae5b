"""PostgreSQL: what must outlive every process. The tables, the queries, the migrations."""
