"""The words that the example's rows are made of."""

from __future__ import annotations

FIRST_NAMES = (
    "Ada Amélie Bärbel Björn Chloé Dmitri Eleni Fatima Grażyna Håkon Inês Jürgen Karol Léa Mehmet Noor Oğuz Paula "
    "Quirin Renée Søren Tomáš Ulrike Valentina Wanda Xenia Yusuf Zoë"
).split()
LAST_NAMES = (
    "Andersen Böhm Çelik Dvořák Eriksson Fernández Grünwald Horváth Ivanova Jansen Kowalska Lefèvre Müller Núñez "
    "O'Brien Pettersson Quint Rossi Šimůnek Tanaka Ünal Vasquez Weiß Xu Yıldız Zając"
).split()
CITIES = "Berlin Wien Zürich Lyon Kraków Köln Malmö Łódź Bern Graz Nantes Gdańsk München Dresden".split()
STREETS = "Hauptstraße,Am Markt,Rue de l'Église,ul. Długa,Bahnhofstrasse,Lindenallee,Quai Ouest,Ringweg".split(",")
GOODS = "lamp chair table shelf bowl kettle blanket mirror clock vase basket candle frame stool".split()
MATERIALS = "oak walnut steel linen glass ceramic bamboo leather copper wool marble cork".split()
COMMENTS = [
    "",
    "calls back",
    "C:\\orders\\new",
    "first line\nsecond line",
    "tab\there",
    "\\N",
    "carriage\r\nreturn",
    'prefers "quiet" parcels; don\'t ring',
    " leading and trailing ",
    "100 % wool, 50 \u20ac",
]
REVIEWS = [
    "Exactly as shown.",
    "Too small \U0001f612",
    "Très belle qualité, livraison rapide",
    "würde ich wieder kaufen",
    "broke after a week",
    "\U0001f44d\U0001f3fd\U0001f44d\U0001f3fd",
]
