"""ussd_airflow under Django: the same four screens, its session in Redis through Django's cached sessions."""

import collections
import collections.abc
import inspect
import os
import sys
from pathlib import Path

import django
import structlog
from django.conf import settings
from django.core.wsgi import get_wsgi_application

# What its libraries of 2019 still look for in Python.
inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]
collections.MutableMapping = collections.abc.MutableMapping
collections.Mapping = collections.abc.Mapping

sys.argv[1:] = sys.argv[1:] or ["serve"]  # It looks at the second word of the command line whatever runs it.

settings.configure(
    ALLOWED_HOSTS=["*"],
    CACHES={
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/5",
        }
    },
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEBUG=False,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DEFAULT_USSD_SCREEN_JOURNEY=str(Path(__file__).with_name("journey.yml")),
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "ussd"],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": []},
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the bench",
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    SESSION_SERIALIZER="django.contrib.sessions.serializers.JSONSerializer",
    LOGGING_CONFIG=None,
)
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
django.setup()

from django.urls import path
from ussd.views import AfricasTalkingUssdGateway

urlpatterns = [path("ussd", AfricasTalkingUssdGateway.as_view())]
app = get_wsgi_application()
