# The bastion as one image: built in the first stage, run without root and without compilers.
#   make image
#   podman run -v ./etc:/etc/bastion:ro -v bastion:/var/lib/bastion -p 2222:2222 -p 8080:8080 bastion
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/bastion
COPY requirements.lock ./
RUN /opt/bastion/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bastion bastion
COPY replay_tui replay_tui
COPY rules rules
RUN /opt/bastion/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/bastion/bin/python -m compileall -q /opt/bastion/lib

FROM python:3.11-slim
RUN useradd --system --uid 900 --create-home --home-dir /var/lib/bastion bastion
COPY --from=build /opt/bastion /opt/bastion
# asyncssh asks for the user's name even when it is given one; LOGNAME answers under any user id.
ENV PATH=/opt/bastion/bin:$PATH \
    LOGNAME=bastion \
    BASTION_CONFIG=/etc/bastion/config.toml
USER bastion
WORKDIR /var/lib/bastion
VOLUME /var/lib/bastion
EXPOSE 2222 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["bastion", "health"]
ENTRYPOINT ["bastion"]
CMD ["serve"]
