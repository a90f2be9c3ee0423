/* grpc_echo SERVER IN_FLIGHT MS: the echo of bench_echo through gRPC C++ without TLS; client and server are two
 * processes. SERVER is callback, queue (asynchronous: one completion queue, one thread) or queues (one of each for
 * every processor). Prints calls per second and microseconds of processor time per call, of both together. */
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <grpcpp/grpcpp.h>

#include "echo.grpc.pb.h"

using bihuan::test::v1::EchoRequest;
using bihuan::test::v1::EchoResponse;
using bihuan::test::v1::EchoService;

static const int warm_up_ms = 300;

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "grpc_echo: %s\n", what);
    exit(1);
}

static double cpu_us(pid_t pid) {
    clockid_t clock;
    timespec used;
    must(clock_getcpuclockid(pid, &clock) == 0, "no processor clock");
    clock_gettime(clock, &used);
    return used.tv_sec * 1e6 + used.tv_nsec / 1e3;
}

/* --- servers: each tells its port, then serves until it is killed --- */

using tell_port = std::function<void(int)>;

static std::unique_ptr<grpc::Server> start(grpc::ServerBuilder &builder, const tell_port &tell) {
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    auto server = builder.BuildAndStart();
    must(server != nullptr && port != 0, "no server");
    tell(port);
    return server;
}

struct callback_service final : EchoService::CallbackService {
    grpc::ServerUnaryReactor *Echo(grpc::CallbackServerContext *context, const EchoRequest *request,
                                   EchoResponse *response) override {
        response->set_text(request->text());
        auto *reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

static void serve_callback(const tell_port &tell) {
    callback_service service;
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    start(builder, tell)->Wait();
}

/* One call of the asynchronous server: it is asked for, answered, and makes room for the next. */
struct queue_call {
    EchoService::AsyncService *service;
    grpc::ServerCompletionQueue *queue;
    grpc::ServerContext context;
    grpc::ServerAsyncResponseWriter<EchoResponse> writer{ &context };
    EchoRequest request;
    bool is_answered = false;

    queue_call(EchoService::AsyncService *the_service, grpc::ServerCompletionQueue *the_queue)
        : service(the_service), queue(the_queue) {
        service->RequestEcho(&context, &request, &writer, queue, queue, this);
    }

    void proceed() {
        if (is_answered) {
            new queue_call(service, queue);
            delete this;
            return;
        }
        EchoResponse response;
        response.set_text(request.text());
        is_answered = true;
        writer.Finish(response, grpc::Status::OK, this);
    }
};

static void serve_queue(EchoService::AsyncService *service, grpc::ServerCompletionQueue *queue) {
    enum { CALLS = 512 };
    void *tag;
    bool good;
    for (int i = 0; i < CALLS; i++)
        new queue_call(service, queue);
    while (queue->Next(&tag, &good))
        static_cast<queue_call *>(tag)->proceed();
}

static void serve_queues(unsigned n, const tell_port &tell) {
    EchoService::AsyncService service;
    grpc::ServerBuilder builder;
    std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
    std::vector<std::thread> threads;
    builder.RegisterService(&service);
    for (unsigned i = 0; i < n; i++)
        queues.push_back(builder.AddCompletionQueue());
    auto server = start(builder, tell);
    for (auto &queue : queues)
        threads.emplace_back(serve_queue, &service, queue.get());
    for (auto &thread : threads)
        thread.join();
}

static const std::map<std::string, std::function<void(const tell_port &)>> servers = {
    { "callback", serve_callback },
    { "queue", [](const tell_port &tell) { serve_queues(1, tell); } },
    { "queues", [](const tell_port &tell) { serve_queues(std::thread::hardware_concurrency(), tell); } },
};

struct process {
    pid_t pid;
    int port;
};

/* Before anything of gRPC runs in this process: it does not survive a fork. */
static process spawn(const std::string &kind) {
    int ends[2];
    process server;
    must(pipe(ends) == 0, "pipe");
    server.pid = fork();
    if (server.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        servers.at(kind)([&](int port) { must(write(ends[1], &port, sizeof(port)) == sizeof(port), "pipe"); });
    }
    must(read(ends[0], &server.port, sizeof(server.port)) == sizeof(server.port), "no server");
    return server;
}

/* --- the client: one thread, one completion queue, calls started as soon as one ends --- */

struct client_call {
    grpc::ClientContext context;
    EchoResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader;
};

class client {
    std::unique_ptr<EchoService::Stub> stub;
    grpc::CompletionQueue queue;
    EchoRequest request;

    void send() {
        auto *call = new client_call;
        call->reader = stub->AsyncEcho(&call->context, request, &queue);
        call->reader->Finish(&call->response, &call->status, call);
    }

    void receive() {
        void *tag;
        bool good;
        must(queue.Next(&tag, &good), "the queue ended");
        auto *call = static_cast<client_call *>(tag);
        must(call->status.ok() && call->response.text().size() == request.text().size(), "a wrong answer");
        delete call;
    }

  public:
    client(int port, int in_flight)
        : stub(EchoService::NewStub(
              grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()))) {
        request.set_text(std::string(96, 'x'));
        request.set_number(1234567890123);
        request.set_right(77);
        request.set_colour(bihuan::test::v1::COLOUR_RED);
        request.set_share(0.5);
        for (int i = 0; i < in_flight; i++)
            send();
    }

    long run(int ms) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
        long calls = 0;
        for (; std::chrono::steady_clock::now() < until; calls++) {
            receive();
            send();
        }
        return calls;
    }
};

int main(int argc, char **argv) {
    must(argc == 4 && servers.count(argv[1]), "usage: grpc_echo callback|queue|queues IN_FLIGHT MS");
    const int ms = atoi(argv[3]);
    const process server = spawn(argv[1]);
    client one(server.port, atoi(argv[2]));
    one.run(warm_up_ms);
    const double began_us = cpu_us(0) + cpu_us(server.pid);
    const long calls = one.run(ms);
    printf("%.0f %.1f\n", calls * 1000.0 / ms, (cpu_us(0) + cpu_us(server.pid) - began_us) / calls);
    fflush(stdout);
    kill(server.pid, SIGKILL);
    _exit(0);
}
