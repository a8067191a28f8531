"""Writes the dashboard 五加N 运行: `python deploy/grafana/make.py`. A panel is a title, a unit and its queries."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("dashboards") / "fiveplusn.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, PANELS_IN_A_ROW = 24, 7, 3


def of(metric: str, more: str = "") -> str:
    """A metric of the chosen services."""
    return f'{metric}{{service=~"$service"{", " if more else ""}{more}}}'


def rate(metric: str, by: str, more: str = "") -> str:
    """How fast a counter grows, by some labels."""
    return f"sum by ({by}) (rate({of(metric, more)}[$__rate_interval]))"


def greatest(metric: str, by: str = "service", more: str = "") -> str:
    """The greatest value, by some labels."""
    return f"max by ({by}) ({of(metric, more)})"


def slowest(share: float) -> str:
    """A quantile of the time that requests took."""
    seconds = of("fiveplusn_http_request_seconds_bucket")
    return f"histogram_quantile({share}, sum by (service, le) (rate({seconds}[$__rate_interval])))"


Query = tuple[str, str]
"""PromQL, and what its series are called."""
ROWS: dict[str, list[tuple[str, str, list[Query]]]] = {
    "总览 Traffic": [
        (
            "各部分是否正常（1 正常）",
            "short",
            [(f"min by (service, part) ({of('fiveplusn_up')})", "{{service}} {{part}}")],
        ),
        ("发出的事实", "cps", [(rate("fiveplusn_relay_sent_total", "service"), "{{service}}")]),
        (
            "收到的事实（按结果）",
            "cps",
            [(rate("fiveplusn_records_heard_total", "service, outcome"), "{{service}} {{outcome}}")],
        ),
    ],
    "积压与待发 Lag & outbox": [
        (
            "未读记录",
            "short",
            [(f"sum by (service, topic) ({of('fiveplusn_lag_records')})", "{{service}} ← {{topic}}")],
        ),
        ("读取延迟", "s", [(greatest("fiveplusn_lag_seconds", "service, topic"), "{{service}} ← {{topic}}")]),
        (
            "待发事实与最早一条的时长",
            "short",
            [
                (greatest("fiveplusn_outbox_facts"), "{{service}} 条数"),
                (greatest("fiveplusn_outbox_age_seconds"), "{{service}} 秒"),
            ],
        ),
        ("日志世代（升高 = 代理丢失记录）", "short", [(greatest("fiveplusn_wire_epoch"), "{{service}}")]),
        (
            "退回的批次、重读、重发",
            "cps",
            [
                (rate("fiveplusn_batches_failed_total", "service"), "{{service}} 退回"),
                (rate("fiveplusn_rewinds_total", "service"), "{{service}} 重读"),
                (rate("fiveplusn_relay_retold_total", "service"), "{{service}} 重发"),
            ],
        ),
        ("最早未封印事实的时长", "s", [(greatest("fiveplusn_unsealed_age_seconds"), "{{service}}")]),
    ],
    "隔离与等待 Quarantine & parked": [
        (
            "隔离区待处理（按原因）",
            "short",
            [(greatest("fiveplusn_quarantine_open", "service, code"), "{{service}} {{code}}")],
        ),
        (
            "隔离区最早一条的时长",
            "s",
            [(greatest("fiveplusn_quarantine_age_seconds", "service, code"), "{{service}} {{code}}")],
        ),
        (
            "等待前序事实",
            "short",
            [
                (greatest("fiveplusn_parked_facts"), "{{service}} 条数"),
                (greatest("fiveplusn_parked_age_seconds"), "{{service}} 秒"),
            ],
        ),
    ],
    "时限 Timers": [
        ("触发的时限", "cps", [(rate("fiveplusn_timers_fired_total", "service"), "{{service}}")]),
        ("到期未触发", "short", [(greatest("fiveplusn_timers_overdue"), "{{service}}")]),
        (
            "延迟",
            "s",
            [
                (greatest("fiveplusn_timers_lateness_seconds"), "{{service}} 等待中"),
                (greatest("fiveplusn_timers_last_lateness_seconds"), "{{service}} 上一轮"),
            ],
        ),
    ],
    "通知与附件 Notices and attachments": [
        (
            "短信通知（按结果）",
            "cps",
            [(rate("fiveplusn_notices_total", "service, outcome"), "{{service}} {{outcome}}")],
        ),
        ("待发通知", "short", [(greatest("fiveplusn_notices_queued"), "{{service}}")]),
        ("通知延迟（静默时段不计）", "s", [(greatest("fiveplusn_notices_lateness_seconds"), "{{service}}")]),
        (
            "收到的附件（按类型）",
            "cps",
            [(rate("fiveplusn_attachments_added_total", "service, media_type"), "{{service}} {{media_type}}")],
        ),
        ("收到的附件大小", "Bps", [(rate("fiveplusn_attachments_added_bytes_total", "service"), "{{service}}")]),
        ("清除的无主文件", "cps", [(rate("fiveplusn_attachments_swept_total", "service"), "{{service}}")]),
    ],
    "请求 HTTP": [
        ("请求", "reqps", [(rate("fiveplusn_http_requests_total", "service, status"), "{{service}} {{status}}")]),
        ("用时 p50 / p99", "s", [(slowest(0.5), "{{service}} p50"), (slowest(0.99), "{{service}} p99")]),
        ("问题（按代码）", "cps", [(rate("fiveplusn_problems_total", "service, code"), "{{service}} {{code}}")]),
        (
            "处理中",
            "short",
            [(f"sum by (service) ({of('fiveplusn_http_requests_in_flight')})", "{{service}}")],
        ),
        (
            "最忙的操作",
            "reqps",
            [(f"topk(10, {rate('fiveplusn_http_requests_total', 'service, operation')})", "{{service}} {{operation}}")],
        ),
        ("正在退出", "short", [(of("fiveplusn_draining"), "{{service}} {{instance}}")]),
    ],
    "数据库连接 Pool": [
        (
            "连接",
            "short",
            [(f"sum by (service, state) ({of('fiveplusn_pool_connections')})", "{{service}} {{state}}")],
        ),
        ("排队等待连接", "short", [(f"sum by (service) ({of('fiveplusn_pool_waiting')})", "{{service}}")]),
    ],
    "进程 Process": [
        ("CPU", "percentunit", [(rate("process_cpu_seconds_total", "service, instance"), "{{service}} {{instance}}")]),
        ("内存", "bytes", [(of("process_resident_memory_bytes"), "{{service}} {{instance}}")]),
        (
            "事件循环延迟（30 秒最大值）",
            "s",
            [(of("fiveplusn_event_loop_lag_seconds"), "{{service}} {{instance}}")],
        ),
        ("打开的文件", "short", [(of("process_open_fds"), "{{service}} {{instance}}")]),
        (
            "垃圾回收",
            "cps",
            [(rate("python_gc_collections_total", "service, generation"), "{{service}} 第 {{generation}} 代")],
        ),
        ("版本", "short", [(of("fiveplusn_build_info"), "{{service}} {{version}} Python {{python}}")]),
    ],
}


def panel(number: int, place: dict[str, int], title: str, unit: str, queries: list[Query]) -> dict[str, Any]:
    """One graph."""
    targets = [
        {"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
        for n, (expr, legend) in enumerate(queries)
    ]
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": targets,
    }


def dashboard() -> dict[str, Any]:
    """The whole dashboard."""
    panels: list[dict[str, Any]] = []
    top, width = 0, WIDTH // PANELS_IN_A_ROW
    for row, graphs in ROWS.items():
        place = {"x": 0, "y": top, "w": WIDTH, "h": 1}
        panels.append({"id": len(panels) + 1, "type": "row", "title": row, "gridPos": place, "panels": []})
        top += 1
        for n, graph in enumerate(graphs):
            line, column = divmod(n, PANELS_IN_A_ROW)
            place = {"x": column * width, "y": top + line * HEIGHT, "w": width, "h": HEIGHT}
            panels.append(panel(len(panels) + 1, place, *graph))
        top += HEIGHT * -(-len(graphs) // PANELS_IN_A_ROW)
    source = {"name": "source", "label": "数据源", "type": "datasource", "query": "prometheus"}
    service = {
        "name": "service",
        "label": "服务",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": "label_values(fiveplusn_up, service)", "refId": "service"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "current": {"text": "All", "value": "$__all"},
    }
    return {
        "uid": "fiveplusn",
        "title": "五加N 运行",
        "tags": ["fiveplusn"],
        "schemaVersion": 39,
        "timezone": "Asia/Shanghai",
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [source, service]},
        "panels": panels,
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(dashboard(), ensure_ascii=False, indent=1) + "\n")
