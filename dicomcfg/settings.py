"""Settings, all from the environment; the embedded default needs none of them.

Without DATABASE_URL and REDIS_URL the state lives under DICOMCFG_HOME (default `var/` beside
manage.py): SQLite, the filesystem broker, the generated secret key. docs/settings.md lists every
variable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dicomcfg import environment
from dicomcfg.environment import flag, text, words
from dicomcfg.home import broker_folders, ensure_secret_key, home_folder, owner_only, tls_folder

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
try:
    HOME = home_folder()
except OSError as error:
    raise ImproperlyConfigured(f"DICOMCFG_HOME cannot be used: {error}.") from error
DATABASE_URL = text("DATABASE_URL")
REDIS_URL = environment.broker("REDIS_URL")
EMBEDDED = not DATABASE_URL and not REDIS_URL

DEBUG = flag("DICOMCFG_DEBUG", default=False)
SECRET_KEY = text("SECRET_KEY")
if not SECRET_KEY:
    if not EMBEDDED:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set when DATABASE_URL or REDIS_URL is: several processes on "
            "several machines have to share it."
        )
    try:
        SECRET_KEY = ensure_secret_key(HOME)
    except OSError as error:
        raise ImproperlyConfigured(f"The home folder cannot be written: {error}.") from error

ALLOWED_HOSTS = words("DICOMCFG_ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = words("DICOMCFG_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "heroicons",
    "dicomcfg.accounts",
    "dicomcfg.inventory",
    "dicomcfg.checks",
    "dicomcfg.exchange",
    "dicomcfg.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "dicomcfg.web.bounds.bounded_requests",
    "dicomcfg.web.names.with_names",
]

ROOT_URLCONF = "dicomcfg.urls"
WSGI_APPLICATION = "dicomcfg.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dicomcfg.web.context.page",
            ],
            "builtins": ["heroicons.templatetags.heroicons"],
        },
    }
]


def _database() -> dict[str, Any]:
    if DATABASE_URL:
        return environment.database(DATABASE_URL)
    # Several processes write at once: IMMEDIATE takes the write lock at BEGIN, so that a
    # read-then-write waits for its turn instead of failing with "database is locked".
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": owner_only(HOME / "dicomcfg.sqlite3"),
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker. Messages only wake workers; the rows are the record.
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"visibility_timeout": 3600, "socket_connect_timeout": 2, "socket_timeout": 5}
    if REDIS_URL
    else broker_folders(HOME)
)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Cookies are secure unless the page is served in clear on this machine (the embedded default).
HTTPS = flag("DICOMCFG_HTTPS", default=not EMBEDDED)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if flag("DICOMCFG_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    AXES_CLIENT_IP_CALLABLE = "dicomcfg.web.accounts.address_behind_proxy"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = environment.time_zone("TZ")
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 25_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": environment.log_level("DICOMCFG_LOG_LEVEL", "WARNING"),
    },
}

# What checks may reach: see docs/settings.md and network/policy.py.
DICOMCFG_ALLOWED_NETWORKS = environment.networks("DICOMCFG_ALLOWED_NETWORKS")
DICOMCFG_ALLOW_LOOPBACK = flag("DICOMCFG_ALLOW_LOOPBACK", default=False)
DICOMCFG_DEMO_PORT = int(environment.number("DICOMCFG_DEMO_PORT", 11_200, 1, 65_527))
DICOMCFG_TLS_FOLDER = tls_folder()

# See dicomcfg.checks.limits, which holds every other bound of the checks.
DICOMCFG_LEASE_S = environment.number("DICOMCFG_LEASE_S", 15, 1, 3600)
