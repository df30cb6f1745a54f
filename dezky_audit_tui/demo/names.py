"""Names of the people in the story, by language; the Latin form makes the username where letters are not Latin."""

from __future__ import annotations

import unicodedata

Name = tuple[str, str]
"""(as it is written, in Latin letters without marks)"""

_FOLD = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "Ae", "ß": "ss", "ð": "d", "þ": "th"})


def latin(text: str) -> str:
    """`text` in plain Latin letters, as far as that goes by taking marks away."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_FOLD))
    return "".join(char for char in decomposed if char.isascii() and (char.isalnum() or char in "-'"))


def _plain(*names: str) -> tuple[Name, ...]:
    return tuple((name, latin(name)) for name in names)


GIVEN: dict[str, tuple[Name, ...]] = {
    "da": _plain("Freja", "Søren", "Ingrid", "Mikkel", "Bodil", "Rasmus", "Åse", "Jeppe", "Karen-Marie", "Tórdís"),
    "de": _plain("Jürgen", "Annegret", "Lukas", "Käthe", "Friederike", "Matthias", "Jonas", "Heike", "Björn"),
    "pt": _plain("João", "Inês", "Gonçalo", "Ana", "Catarina", "Luís", "Conceição", "Rui", "Mafalda", "Tomás"),
    "es": _plain("Íñigo", "Lucía", "Begoña", "Andrés", "Nuria", "Joaquín", "Ana María", "Óscar"),
    "cs": _plain("Jiří", "Zdeněk", "Kateřina", "Ondřej", "Božena", "Tomáš", "Šárka", "Vojtěch", "Ludmila", "Petr"),
    "pl": _plain("Łukasz", "Małgorzata", "Wojciech", "Agnieszka", "Zbigniew", "Kinga", "Paweł", "Żaneta"),
    "it": _plain("Niccolò", "Chiara", "Ludovica", "Matteo", "Giosuè", "Ilaria", "Pierluigi", "Noemi"),
    "el": (("Ελένη", "Eleni"), ("Γιώργος", "Giorgos"), ("Δήμητρα", "Dimitra"), ("Νίκος", "Nikos")),
    "uk": (("Олена", "Olena"), ("Тарас", "Taras"), ("Зоряна", "Zoriana"), ("Андрій", "Andrii")),
    "fr": _plain("Élodie", "François", "Maëlle", "Benoît", "Aurélie", "Jean-Noël", "Anaïs", "Loïc"),
}

FAMILY: dict[str, tuple[Name, ...]] = {
    "da": _plain("Lund", "Østergaard", "Holm", "Kjær", "Nørgaard", "Bæk", "Thorup", "Skov", "Damgaard", "Årup"),
    "de": _plain("Weiß", "Köhler", "Brandt", "Schröder", "Vogel", "Müller-Lüdenscheidt", "Groß", "Keller"),
    "pt": _plain("Conceição", "Magalhães", "Simões", "Brandão", "Figueiredo", "Araújo", "Pires", "Antunes", "Leitão"),
    "es": _plain("Núñez", "Etxeberria", "Ibáñez", "Peña", "Garmendia", "Güell", "Castaño"),
    "cs": _plain("Dvořák", "Křížová", "Němec", "Řezníček", "Šťastná", "Veselý", "Hůlka", "Žižka", "Čapková"),
    "pl": _plain("Wójcik", "Brzęczyszczykiewicz", "Zając", "Śliwa", "Łęcka", "Gołąb", "Dąbrowska"),
    "it": _plain("Dall'Olio", "Fabbri", "Lo Presti", "Bonacorsi", "Sanguineti", "De Santis", "Parodi"),
    "el": (("Παπαδοπούλου", "Papadopoulou"), ("Καραγιάννης", "Karagiannis"), ("Λάμπρου", "Lamprou")),
    "uk": (("Шевчук", "Shevchuk"), ("Коваленко", "Kovalenko"), ("Бондар", "Bondar")),
    "fr": _plain("Lefèvre", "Besançon", "Géroux", "Hérault", "d'Aubigné", "Çelik-Moreau", "Pelletier"),
}
