"""Ohmstead: one server for devices that measure and switch."""

__version__ = "0.1.0"
