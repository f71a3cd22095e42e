# One image for every part; what it does is its command (see compose.yaml).
FROM python:3.11-slim-bookworm AS packages
WORKDIR /opt/pioneer
COPY requirements.lock .
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/opt/pioneer/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1
RUN useradd --system --uid 10001 --home-dir /opt/pioneer --shell /usr/sbin/nologin pioneer
WORKDIR /opt/pioneer
COPY --from=packages /opt/pioneer/.venv .venv
COPY . .
RUN python -m compileall -q -x '/\.venv/' . \
    && install -d -o pioneer -g pioneer -m 0700 var
USER pioneer
VOLUME /opt/pioneer/var
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["flask", "serve", "--host", "0.0.0.0"]
