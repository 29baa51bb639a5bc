"""The feed of scores by Django REST framework, on Qinlian's tables; runs in the environment that `peers.py` makes."""

import os

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["PEER_DATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF="peer_django",
    SECRET_KEY="benchmark",
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import models
from django.urls import path
from rest_framework import generics, pagination, serializers

PAGE = 200


class Community(models.Model):
    id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=120)

    class Meta:
        app_label, managed, db_table = "peer", False, "community"


class Score(models.Model):
    id = models.UUIDField(primary_key=True)
    community = models.ForeignKey(Community, models.PROTECT)
    instrument_key = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_name = models.CharField(max_length=120)
    period = models.CharField(max_length=10)
    invited = models.IntegerField()
    responses = models.IntegerField()
    valid = models.IntegerField(null=True)
    satisfied = models.IntegerField(null=True)
    rate = models.IntegerField(null=True)
    strict_rate = models.IntegerField(null=True)
    low = models.IntegerField(null=True)
    high = models.IntegerField(null=True)
    census = models.BooleanField()
    mean = models.IntegerField(null=True)
    method = models.CharField(max_length=40)
    suppressed = models.CharField(max_length=20)
    published_at = models.DateTimeField()
    revision = models.IntegerField()
    supersedes = models.UUIDField(null=True)
    audit_head = models.CharField(max_length=64)

    class Meta:
        app_label, managed, db_table = "peer", False, "score"


class ScoreSerializer(serializers.ModelSerializer):
    community_code = serializers.CharField(source="community.code")
    community_name = serializers.CharField(source="community.name")

    class Meta:
        model = Score
        exclude = ("community",)


class Order(pagination.CursorPagination):
    ordering = ("published_at", "id")
    page_size = PAGE


class ScoreList(generics.ListAPIView):
    queryset = Score.objects.select_related("community")
    serializer_class = ScoreSerializer
    pagination_class = Order


urlpatterns = [path("scores", ScoreList.as_view())]
application = get_wsgi_application()
