FROM python:3.12-slim AS packages
COPY requirements/fast.lock /tmp/fast.lock
RUN python -m venv /opt/laps \
 && /opt/laps/bin/pip install --no-cache-dir --require-hashes --no-deps -r /tmp/fast.lock

FROM python:3.12-slim
ENV PATH=/opt/laps/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --home-dir /laps --shell /usr/sbin/nologin laps
WORKDIR /laps
COPY --from=packages /opt/laps /opt/laps
COPY pyproject.toml lessons.yaml ./
COPY bot bot
COPY lessons lessons
COPY adapters adapters
COPY scheduler scheduler
COPY storage storage
RUN pip install --no-cache-dir --no-build-isolation --no-deps --editable . \
 && mkdir var && chown laps:laps var

# An ordinary user, who may write the database and nothing else.
USER laps
VOLUME /laps/var
EXPOSE 3978
# Slack and Teams reach it from outside; the practice room stays off, for it answers a loopback host only.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:3978/healthz', timeout=4)"]
CMD ["laps", "run", "--host", "0.0.0.0", "--port", "3978"]
