ARG BASE=python:3.12-slim-trixie

FROM $BASE AS build
COPY requirements.txt /build/requirements.txt
RUN python -m venv /opt/parley \
 && /opt/parley/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /build/requirements.txt
COPY tools/launcher.py /app/tools/launcher.py
RUN /opt/parley/bin/python /app/tools/launcher.py

FROM $BASE
RUN useradd --system --uid 10001 --home-dir /data --create-home parley
COPY --from=build /opt/parley /opt/parley
COPY LICENSE README.md /app/
COPY storage /app/storage
COPY providers /app/providers
COPY adapters /app/adapters
COPY hub /app/hub
# The user may not write there, so what is compiled has to be there from the first start.
RUN /opt/parley/bin/python -m compileall -q /app
ENV PATH=/opt/parley/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PARLEY_SERVER__HOST=0.0.0.0 \
    PARLEY_SERVER__PORT=8080
# The database and settings.local.toml live in the working directory.
WORKDIR /data
USER parley
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/healthz' % os.environ['PARLEY_SERVER__PORT'], timeout=4)"]
ENTRYPOINT ["parley"]
CMD ["run"]
