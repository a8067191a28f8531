"""The facts on Kafka, each once and in the order of its stream, beside a running `make up`: `consumer.py [DATA]`."""

import asyncio
import json
import pathlib
import sys

from aiokafka import AIOKafkaConsumer, TopicPartition

kafka = json.loads(pathlib.Path(*sys.argv[1:] or [".fiveplusn"], "stack.json").read_text())["kafka"]
topics = [f"{service}.events" for service in ("intake", "deliberation", "escalation", "projects")]
marks: dict[str, int] = {}
epochs: dict[TopicPartition, int] = {}
# a real dashboard keeps both in its database, with the effect


async def main() -> None:
    async with AIOKafkaConsumer(*topics, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        async for record in consumer:
            head = {name: value.decode() for name, value in record.headers}
            place, epoch = TopicPartition(record.topic, record.partition), int(head["log_epoch"])
            if epoch // 1000 > epochs.setdefault(place, epoch) // 1000:  # restored from a backup: begin anew
                marks.clear()
                epochs.update(dict.fromkeys(consumer.assignment(), epoch))
                await consumer.seek_to_beginning()
            elif epoch > epochs[place]:  # the log was begun anew: read it from its start
                epochs[place] = epoch
                consumer.seek(place, 0)
            elif int(head["ce_sequence"]) == marks.get(head["ce_stream"], 0) + 1:  # lower: known; higher: a gap
                marks[head["ce_stream"]] = int(head["ce_sequence"])
                print(head["ce_time"], head["ce_type"], head["ce_stream"], json.loads(record.value), flush=True)


asyncio.run(main())
