"""Intake's doors for people."""



