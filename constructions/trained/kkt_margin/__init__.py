"""Trained counterpart of kkt_margin: gradient ascent in batches, a polish to exact KKT points, and what they show."""

from constructions.trained.kkt_margin.flips import SCALES as SCALES
from constructions.trained.kkt_margin.flips import panels as panels
from constructions.trained.kkt_margin.networks import PATIENT as PATIENT
from constructions.trained.kkt_margin.networks import SHORT as SHORT
from constructions.trained.kkt_margin.networks import STANDARD as STANDARD
from constructions.trained.kkt_margin.networks import Batch as Batch
from constructions.trained.kkt_margin.networks import Networks as Networks
from constructions.trained.kkt_margin.networks import Recipe as Recipe
from constructions.trained.kkt_margin.networks import train_networks as train_networks
from constructions.trained.kkt_margin.points import POLISHED as POLISHED
from constructions.trained.kkt_margin.points import Trained as Trained
from constructions.trained.kkt_margin.points import polish_networks as polish_networks
from constructions.trained.kkt_margin.points import train_points as train_points
from constructions.trained.kkt_margin.run import TrainingResult as TrainingResult
from constructions.trained.kkt_margin.run import train as train
