"""The count by operation: `python -m tests.cases`."""

from collections import Counter

from tests.cases import CASES, FAMILIES, ROWS

rows, cases = Counter(row.operation for row in ROWS), Counter(case.operation for case in CASES)
print(f"{'family':13} {'operation':22} rows  with each size of N")
for family, members in FAMILIES.items():
    for operation in dict.fromkeys(row.operation for row in members):
        print(f"{family:13} {operation:22} {rows[operation]:4}  {cases[operation]:4}")
print(f"{len(rows)} operations, {len(ROWS)} rows, {len(CASES)} cases")
