# Two stages: the libraries are installed where there is a compiler's worth of tools, the image
# that runs holds only their result. Nothing in it runs as root or writes outside /data.

FROM python:3.11-slim-bookworm AS libraries
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/dicomcfg
COPY requirements.lock /build/
RUN /opt/dicomcfg/bin/python -m pip install --require-hashes --requirement /build/requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/opt/dicomcfg/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    DJANGO_SETTINGS_MODULE=dicomcfg.settings \
    DICOMCFG_HOME=/data
RUN useradd --system --uid 10001 --create-home dicomcfg \
    && install --directory --owner dicomcfg --mode 0700 /data
COPY --from=libraries /opt/dicomcfg /opt/dicomcfg
WORKDIR /app
COPY manage.py gunicorn.conf.py ./
COPY dicomcfg ./dicomcfg
COPY templates ./templates
COPY static ./static
RUN printf '#!/bin/sh\nexec python -m dicomcfg "$@"\n' > /usr/local/bin/dicomcfg \
    && chmod 0755 /usr/local/bin/dicomcfg
USER dicomcfg
VOLUME /data
EXPOSE 8000
CMD ["sh", "-c", "python manage.py migrate --noinput && python manage.py collectstatic --noinput --clear && exec gunicorn dicomcfg.wsgi:application --bind 0.0.0.0:8000"]
