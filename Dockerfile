FROM python:3.12-slim AS build
COPY requirements.txt /build/requirements.txt
RUN python -m venv /opt/parley \
 && /opt/parley/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /build/requirements.txt
COPY tools/launcher.py /app/tools/launcher.py
RUN /opt/parley/bin/python /app/tools/launcher.py

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home parley
COPY --from=build /opt/parley /opt/parley
COPY LICENSE README.md /app/
COPY storage /app/storage
COPY providers /app/providers
COPY adapters /app/adapters
COPY hub /app/hub
ENV PATH=/opt/parley/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PARLEY_SERVER__HOST=0.0.0.0
# The database and settings.local.toml live in the working directory.
WORKDIR /data
USER parley
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["parley"]
CMD ["run"]
