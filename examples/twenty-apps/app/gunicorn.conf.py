# Each gunicorn keeps to the release that it was started with, whatever `current` names by then.
import os
import sys

chdir = os.path.dirname(os.path.realpath(__file__))
sys.path[:] = [os.path.realpath(path) for path in sys.path]
workers = 1
