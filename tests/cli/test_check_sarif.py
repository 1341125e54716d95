from __future__ import annotations

from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log


def test_sarif_goes_to_stdout_and_the_exit_code_stays(ecdsl, project):
    project(observables="shape a {\n  axis = z12\n}\n")

    done = ecdsl("check", "--format", "sarif", "-q")

    assert done.returncode == 1
    assert done.stderr == ""
    (run,) = Log.model_validate_json(done.stdout).runs
    (result,) = run.results
    assert result.ruleId == "E104"
    assert result.locations[0].physicalLocation.region.startLine == 2
