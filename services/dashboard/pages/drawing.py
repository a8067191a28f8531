"""The child that draws: one chart a line on its input (Vega-Lite as JSON), one SVG a line on its output (as JSON).

It ends when its input does, and so whenever the service that started it does. The fonts are there to measure by.
"""

import json
import sys
from pathlib import Path

import pylopdf_fonts_zh_cn
import vl_convert

VEGA_LITE = "6.1"


def main() -> None:
    """Until the input ends."""
    vl_convert.register_font_directory(str(Path(pylopdf_fonts_zh_cn.__file__).parent))
    for line in sys.stdin:
        try:
            drawn = {"svg": vl_convert.vegalite_to_svg(json.loads(line), vl_version=VEGA_LITE)}
        except ValueError as error:
            drawn = {"error": str(error).partition("\n")[0]}
        sys.stdout.write(json.dumps(drawn) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
