# Two stages: the first has pip and the build backend, the second only what runs.
# The virtual environment and the source keep the same paths in both, because scripts and links name them.

FROM python:3.11-slim-bookworm AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
# A mirror, where one is needed: --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL

WORKDIR /srv/qinlian
COPY requirements/runtime.txt requirements/build.txt requirements/
# The build backend goes into a directory of its own, which stays out of the image.
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --require-hashes -r requirements/runtime.txt \
 && /opt/venv/bin/pip install --require-hashes -r requirements/build.txt --target /opt/build

COPY . .
RUN PYTHONPATH=/opt/build /opt/venv/bin/pip install --no-deps --no-index --no-build-isolation --editable . \
 && /opt/venv/bin/python -m compileall -q app migrations /opt/venv/lib \
 && chmod -R a+rX . /opt/venv


FROM python:3.11-slim-bookworm

# pg_dump and pg_restore, for `qinlian backup` and `qinlian restore` on PostgreSQL; Pango and a Chinese font for PDF.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      postgresql-client-15 libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 qinlian \
 && useradd --system --uid 10001 --gid qinlian --no-create-home --home-dir /data --shell /usr/sbin/nologin qinlian \
 && install -d -o qinlian -g qinlian -m 0750 /data

COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /srv/qinlian /srv/qinlian

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LANG=C.UTF-8 \
    APP_ENV=production \
    DATABASE_URL=sqlite:////data/qinlian.db \
    APP_DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000

WORKDIR /srv/qinlian
USER 10001:10001
# The root file system may be read-only: only /data and /tmp are written.
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM

# The Host header is one the server will certainly answer to; a proxy setting must not catch the request.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "deploy/healthcheck.py"]

ENTRYPOINT ["deploy/docker-entrypoint.sh"]
CMD ["serve"]
