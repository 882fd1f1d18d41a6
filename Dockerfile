# Two stages: the first builds the environment from the hashed lock, the second holds it and nothing to build with.
FROM python:3.13-slim-trixie AS build
WORKDIR /presswatch
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
COPY . .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --create-home presswatch && mkdir /data && chown presswatch /data
COPY --from=build /venv /venv
USER presswatch
WORKDIR /data
ENV PATH=/venv/bin:$PATH PRESSWATCH_DATA_DIR=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
# Another role names its own command and health check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["presswatch", "run", "--no-web"]
