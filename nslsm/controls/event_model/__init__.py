"""Trusted security event modelling (TSEM): a model of all events of a namespace, by their coefficients."""

from nslsm.controls.event_model.control import EventModel as EventModel
from nslsm.controls.event_model.control import Status as Status
