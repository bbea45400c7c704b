import pytest

from pipeline.intake.language import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Two soldiers were killed when a bomb went off near the town.", "en"),
        ("Police: 4 killed in Rio de Janeiro and Sao Paulo", "en"),
        ("Deux soldats ont été tués par une mine dans le nord du pays, selon l'armée.", "fr"),
        ("Dos soldados murieron por una mina en el norte del país, según el ejército.", "es"),
        ("Zwei Soldaten wurden bei einem Angriff auf die Stadt getötet.", "de"),
        ("Dois soldados foram mortos na estrada, segundo as autoridades, e uma pessoa não foi encontrada.", "pt"),
        ("Două", "und"),
        ("قتل جنديان في انفجار لغم شمال المدينة", "ar"),
        ("Двое военных погибли при взрыве мины", "ru"),
        ("Двоє військових загинули внаслідок вибуху міни, її знайшли", "uk"),
        ("两名士兵在爆炸中丧生", "zh"),
        ("12 34", "und"),
        ("", "und"),
    ],
)
def test_guess_language(text, language):
    assert guess_language(text) == language
